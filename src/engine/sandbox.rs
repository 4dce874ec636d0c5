//! Throwaway servers of the real engines.
