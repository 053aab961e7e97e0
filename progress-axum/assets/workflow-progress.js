// The element <workflow-progress>.
customElements.define("workflow-progress", class extends HTMLElement {});
