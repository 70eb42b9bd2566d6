//! Measures as data; verdicts with reasons.
