//! Runs in the browser: Chromium, driven over WebDriver, shows the pages that the real routes
//! serve.
//!
//! Without Chromium these tests print that and are skipped, unless `CI` is `true`; install it with
//! `apt-get install chromium chromium-driver`. The accessibility rules come from axe-core; install
//! them with `npm ci --prefix tests/browser`.

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
