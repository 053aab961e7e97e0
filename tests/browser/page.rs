//! A page in the browser, with which a test reads values, acts and waits.

use fantoccini::actions::{
    InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction,
};
use serde_json::{Value, json};

use crate::chrome::Chrome;
use crate::site::LIMIT;

/// Runs in each page before its own scripts.
const SCRIPT: &str = include_str!("page.js");

pub const TAB: char = '\u{e004}';
pub const ENTER: char = '\u{e007}';
pub const SPACE: char = ' ';

pub struct Page(pub Chrome);

impl Page {
    /// A browser with an empty page.
    pub async fn new() -> Option<Self> {
        let page = Self(Chrome::start().await?);
        page.prepare(SCRIPT).await;
        Some(page)
    }

    /// Runs a script in this tab's pages before their own scripts.
    pub async fn prepare(&self, script: &str) {
        let source = json!({ "source": script });
        self.0.devtools("Page.addScriptToEvaluateOnNewDocument", source).await;
    }

    /// Switches to another empty window; the previous one stays open.
    pub async fn another_window(&self) {
        let window = self.0.client.new_window(false).await.expect("a window");
        self.0.client.switch_to_window(window.handle).await.expect("it is there");
        self.prepare(SCRIPT).await;
    }

    pub async fn open(&self, url: &str) {
        self.0.client.goto(url).await.expect(url);
    }

    /// The value of an expression in the page.
    pub async fn get(&self, expression: &str) -> Value {
        let script = format!("return ({expression});");
        self.0.client.execute(&script, Vec::new()).await.expect(expression)
    }

    pub async fn text(&self, expression: &str) -> String {
        let value = self.get(expression).await;
        value.as_str().unwrap_or_else(|| panic!("{expression} is {value}")).to_owned()
    }

    /// Runs statements in the page.
    pub async fn run(&self, script: &str) {
        self.0.client.execute(script, Vec::new()).await.expect(script);
    }

    /// Waits until an expression is truthy, and returns its value.
    pub async fn until(&self, expression: &str) -> Value {
        let limit = LIMIT.as_millis();
        let script = format!("test.until(() => ({expression}), {limit}, arguments[0]);");
        let value = self.0.client.execute_async(&script, Vec::new()).await.expect(expression);
        if value.is_null() {
            let text = self.get("test.root()?.textContent ?? document.body.textContent").await;
            panic!("never: {expression}\nin: {text}");
        }
        value
    }

    /// Waits until the row of a step has this text: sign, name, state and number.
    pub async fn until_row(&self, name: &str, text: &str) {
        let expression = format!("test.textOf(test.row({})) === {}", json!(name), json!(text));
        let limit = LIMIT.as_millis();
        let script = format!("test.until(() => ({expression}), {limit}, arguments[0]);");
        let value = self.0.client.execute_async(&script, Vec::new()).await.expect(&expression);
        if value.is_null() {
            let shown = self.get(&format!("test.textOf(test.row({}))", json!(name))).await;
            panic!("{name:?} shows {shown}, not {text:?}");
        }
    }

    /// Clicks into the middle of a node as soon as it is visible.
    pub async fn click(&self, node: &str) {
        let middle = format!(
            "(() => {{ const node = {node}; if (!test.seen(node)) return null; \
             node.scrollIntoView({{ block: 'center' }}); const box = node.getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2] }})()"
        );
        let middle = self.until(&middle).await;
        let at = |index: usize| middle[index].as_f64().expect("a number");
        let mouse = MouseActions::new("mouse".to_owned())
            .then(PointerAction::MoveTo { duration: None, x: at(0), y: at(1) })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.0.client.perform_actions(mouse).await.expect("a click");
    }

    pub async fn press(&self, key: char) {
        let keys = KeyActions::new("keys".to_owned())
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key });
        self.0.client.perform_actions(keys).await.expect("a key");
    }

    /// Sets the width of the window.
    pub async fn resize(&self, width: u32) {
        let size =
            json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        self.0.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Emulates a preference of the system: `prefers-color-scheme`, `prefers-reduced-motion`.
    pub async fn prefer(&self, feature: &str, value: &str) {
        let features = json!({ "features": [{ "name": feature, "value": value }] });
        self.0.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// Asserts that the policy has refused nothing, no script has failed, and the console is empty.
    pub async fn assert_clean(&self) {
        assert_eq!(self.get("test.problems").await, json!([]));
        assert_eq!(self.0.console().await, Vec::<String>::new());
    }
}
