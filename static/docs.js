/** The API docs. Swagger UI does the work; this module configures it. */

import { startPublicPage } from './public-page.js';
import { byId, showError } from './ui.js';

const { SwaggerUIBundle } = /** @type {{SwaggerUIBundle?: (options: object) => void}} */ (
  /** @type {unknown} */ (window)
);
const dark = window.matchMedia('(prefers-color-scheme: dark)');

dark.addEventListener('change', setColorScheme);
setColorScheme();
startPublicPage();

if (SwaggerUIBundle) {
  SwaggerUIBundle({
    dom_id: '#swagger-ui',
    url: '/openapi.json',
    layout: 'BaseLayout',
    deepLinking: false,
    defaultModelsExpandDepth: 0, // the list of schemas is long, and each operation shows its own
    syntaxHighlight: { theme: 'obsidian' }, // the theme in which all colours have enough contrast
    plugins: [withoutServers],
    validatorUrl: null, // by default, Swagger UI sends the document to a service for validation
    persistAuthorization: false,
  });
} else {
  showError(byId('errors'), "The API docs couldn't be loaded. Check your connection, then reload the page.");
}

/** A plugin that removes the choice of a server: there is only one. */
function withoutServers() {
  return { wrapComponents: { ServersContainer: () => () => null } };
}

/** Tells Swagger UI whether to use its dark colours. */
function setColorScheme() {
  document.documentElement.classList.toggle('dark-mode', dark.matches);
}
