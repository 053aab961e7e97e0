//! Hygiene.

/// `quote!` with the hygiene of `macro_rules!`: local variables and labels belong to the macro.
macro_rules! quote_mixed {
    ($($tokens:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($tokens)*)
    };
}
pub(super) use quote_mixed;
