//! Workflows in a crate that renames the runtime or knows it only through another crate, and that
//! uses an older edition than the macro, in which an `async fn` borrows its parameters too.

use bar::{Interrupted, Progress};

bar::workflow!(
    /// Uses the new name of the dependency.
    pub async fn renamed(name: &str, progress: Progress) -> Result<usize, Interrupted> {
        #[step(1, "Measuring {}", name)]
        let length = measure(name, progress).await?;
        Ok(length)
    }
);

::core::progress::workflow!(
    /// Uses a crate that only re-exports the runtime.
    pub async fn re_exported(name: &str, progress: Progress) -> Result<usize, Interrupted> {
        #[step(1, "Measuring {}", name)]
        let length = measure(name, progress).await?;
        Ok(length)
    }
);

/// Uses the attribute, which gets the path of the runtime.
#[bar::attr::workflow(crate = bar)]
pub async fn attributed(name: &str, progress: Progress) -> Result<usize, Interrupted> {
    #[step(1, "Measuring {}", name)]
    let length = measure(name, progress).await?;
    Ok(length)
}

/// A type with a method.
pub struct Named(pub String);

impl Named {
    bar::workflow!(
        /// A method that borrows.
        pub async fn method(&self, suffix: &str, progress: Progress) -> Result<usize, Interrupted> {
            #[step(1, "Measuring {}", self.0)]
            let length = measure(&self.0, progress).await?;
            Ok(length + suffix.len())
        }
    );
}

async fn measure(name: &str, mut progress: Progress) -> Result<usize, Interrupted> {
    progress.set_fraction(0.5);
    Ok(name.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;

    #[test]
    fn a_renamed_dependency_works() {
        assert_eq!(block_on(renamed("scene", Progress::hidden())), Ok(5));
        assert_eq!(renamed_plan().steps()[0].id(), "length");
    }

    #[test]
    fn a_crate_that_only_re_exports_works() {
        assert_eq!(block_on(re_exported("scene", Progress::hidden())), Ok(5));
    }

    #[test]
    fn the_attribute_takes_the_path_of_the_runtime() {
        assert_eq!(block_on(attributed("scene", Progress::hidden())), Ok(5));
    }

    #[test]
    fn a_method_borrows_its_parameters() {
        let named = Named("scene".to_owned());
        let suffix = String::from("!");
        assert_eq!(block_on(named.method(&suffix, Progress::hidden())), Ok(6));
        assert_eq!(Named::method_plan().name(), "method");
    }
}
