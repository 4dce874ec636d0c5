DROP TABLE signup_verification_codes;
DROP TABLE reset_codes;
DROP TABLE mfa_codes;
