import "./workflow-progress.js";
