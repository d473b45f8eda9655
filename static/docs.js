/** The page on which developers read and try the API. What it shows and sends is the work of Swagger UI. */

import { whoIs } from './api.js';
import { call } from './session.js';
import * as tokens from './token.js';
import { byId, showError, showNav } from './ui.js';

const dark = window.matchMedia('(prefers-color-scheme: dark)');

dark.addEventListener('change', followColours);
followColours();
greet();

if (window.SwaggerUIBundle) {
  window.SwaggerUIBundle({
    dom_id: '#swagger-ui',
    url: '/openapi.json',
    layout: 'BaseLayout',
    deepLinking: false,
    defaultModelsExpandDepth: 0, // the list of schemas is long, and each operation shows its own
    syntaxHighlight: { theme: 'obsidian' }, // the one whose colours all stand out enough
    plugins: [withoutServers],
    // Nothing goes to another host, and nothing that is typed here outlives the page.
    validatorUrl: null,
    persistAuthorization: false,
  });
} else {
  showError(byId('errors'), 'The API docs cannot be loaded. Check your connection, then reload the page.');
}

/** Takes away the choice of a server, because there is this one alone. */
function withoutServers() {
  return { wrapComponents: { ServersContainer: () => () => null } };
}

/** Swagger UI has dark colours, and waits to be told. */
function followColours() {
  document.documentElement.classList.toggle('dark-mode', dark.matches);
}

/** Shows the header's links to who is logged in. To everybody else, and when in doubt, the page is the same. */
async function greet() {
  try {
    if (tokens.load() !== null) showNav((await call(whoIs)).user);
  } catch {
    // The page needs nobody to be logged in.
  }
}
