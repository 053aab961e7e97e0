//! Runs the code of the README, of the guide and of the guide to logging as doctests.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[cfg(doctest)]
#[doc = include_str!("../progress-runtime/src/reporter/terminal/logging.md")]
mod logging {}

/// The chapters of the guide, in the order of `docs/guide/SUMMARY.md`.
#[cfg(doctest)]
mod guide {
    macro_rules! chapters {
        ($($name:ident $file:literal)*) => {
            $(#[doc = include_str!(concat!("../docs/guide/", $file))] mod $name {})*
        };
    }

    chapters! {
        start "start.md"
        workflow "workflow.md"
        sub_jobs "sub-jobs.md"
        errors "errors.md"
        outputs "outputs.md"
        jobs "jobs.md"
        resume "resume.md"
        sync "sync.md"
        testing "testing.md"
        from_indicatif "from-indicatif.md"
        from_prodash "from-prodash.md"
        from_tracing_indicatif "from-tracing-indicatif.md"
        number "number.md"
        faq "faq.md"
    }
}
