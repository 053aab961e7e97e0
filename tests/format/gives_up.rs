//! Where rustfmt gives up: it leaves these as they stand, and takes nothing away.
//!
//! - A body in braces, `workflow! { … }`, is never formatted: write parentheses.
//! - A body that is half-written does not parse.
//! - A statement with a string that is too long for its line stays as it is; the others are formatted.
//! - `#[retry(policy, when = f)]` stays as it is: an expression beside a name is no list of attributes.
//! - A macro with a grammar of its own, like `select!`, stays as it is.

workflow! {
  async fn in_braces(progress: Progress)   {
     #[step(1,   "One")]
       one(progress).await;
  }
}

workflow!(
  async fn half(progress: Progress)   {
     #[step(1,   "One")]
       one(progress).
  }
);

workflow!(
    async fn long(progress: Progress) {
        #[step(1, "One")]
        one(  "As long as no line of this project may be, and there is nowhere to break it but in a word",  progress).await;
        #[step(1, "Two")]
        #[retry(policy(  ),   when = is_transient)]
        select! { two = two(  progress) => two,   _ = other => 4 };
    }
);
