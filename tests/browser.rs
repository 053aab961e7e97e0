//! Runs in the browser: Chromium itself, driven over WebDriver, looks at the pages that the real routes serve.
//!
//! Where Chromium is not installed the tests say so and are skipped, but not where `CI` is `true`:
//! `apt-get install chromium chromium-driver` installs it. The rules of accessibility come from axe-core:
//! `npm ci --prefix tests/browser` installs them.

#[path = "browser/access.rs"]
mod access;
#[path = "browser/bar.rs"]
mod bar;
#[path = "browser/chrome.rs"]
mod chrome;
#[path = "browser/connection.rs"]
mod connection;
#[path = "browser/page.rs"]
mod page;
#[path = "browser/safety.rs"]
mod safety;
#[path = "browser/scene.rs"]
mod scene;
#[path = "browser/site.rs"]
mod site;
#[path = "browser/states.rs"]
mod states;
