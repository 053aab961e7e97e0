//! What users of other progress libraries are used to, library by library. Where ours differs, the
//! test says why.

#![allow(missing_docs)]

mod indicatif;
mod intellij;
mod submonitor;
mod swift;
