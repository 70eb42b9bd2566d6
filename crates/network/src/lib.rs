//! The network model: imports, diagnostics, structure.
