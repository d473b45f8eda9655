/** The API docs. Swagger UI does the work; this module configures it. */

import { openAuthorizeDialog } from './docs-authorize.js';
import { layoutPlugin } from './docs-layout.js';
import { startPublicPage } from './public-page.js';
import { byId, showError } from './ui.js';

const { SwaggerUIBundle } = /** @type {{SwaggerUIBundle?: (options: object) => void}} */ (
  /** @type {unknown} */ (window)
);
const dark = window.matchMedia('(prefers-color-scheme: dark)');
/** As in docs.css: the guide stands beside Swagger UI. */
const wide = window.matchMedia('(width >= 68rem)');

dark.addEventListener('change', setColorScheme);
setColorScheme();
wide.addEventListener('change', foldGuide);
foldGuide();
useThisOrigin();
startPublicPage();

if (SwaggerUIBundle) {
  SwaggerUIBundle({
    dom_id: '#swagger-ui',
    url: '/openapi.json',
    layout: 'DocsLayout',
    deepLinking: false,
    defaultModelsExpandDepth: 0, // the list of schemas is long, and each operation shows its own
    syntaxHighlight: { theme: 'obsidian' }, // the theme in which all colours have enough contrast
    plugins: [layoutPlugin, authorizePlugin],
    validatorUrl: null, // by default, Swagger UI sends the document to a service for validation
    persistAuthorization: false,
  });
} else {
  showError(byId('errors'), "The API docs couldn't be loaded. Check your connection, then reload the page.");
}

/**
 * A plugin that opens our dialog where Swagger UI would open its own. Its own asks for everything
 * that OAuth 2.0 knows, for a proof that is valid for one request, and for a cookie that no script
 * can set.
 *
 * @param {any} system
 */
function authorizePlugin(system) {
  const AuthorizeDialog = () => {
    system.React.useEffect(() => openAuthorizeDialog(system.getSystem()), []);
    return null;
  };
  return { wrapComponents: { authorizationPopup: () => AuthorizeDialog } };
}

/** Tells Swagger UI whether to use its dark colours. */
function setColorScheme() {
  document.documentElement.classList.toggle('dark-mode', dark.matches);
}

/** Opens the guide where it has room beside Swagger UI, and folds it where it is above. */
function foldGuide() {
  byId('connect', HTMLDetailsElement).open = wide.matches;
}

/** Lets the commands work from where the page was opened, which can be another address. */
function useThisOrigin() {
  const { publicUrl = '' } = byId('connect').dataset;
  for (const command of document.querySelectorAll('.command')) {
    command.textContent = (command.textContent ?? '').replace(publicUrl, window.location.origin);
  }
}
