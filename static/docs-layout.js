/**
 * How the API docs arrange the parts of Swagger UI. Its own layout has a title and a main element,
 * which the page has already, and the choice of a server, although there is only one.
 */

/**
 * A plugin with the layout `DocsLayout`.
 *
 * @param {any} system
 */
export function layoutPlugin({ React }) {
  const { createElement } = React;

  /** @param {any} props */
  function DocsLayout({ specSelectors, getComponent }) {
    if (specSelectors.loadingStatus() === 'failed') {
      const message = "The OpenAPI document couldn't be loaded. Check your connection, then reload the page.";
      return createElement('p', { role: 'alert' }, message);
    }
    if (!specSelectors.specStr()) return createElement('p', { className: 'soft' }, 'Loading…');
    return createElement(
      'div',
      { className: 'swagger-ui' },
      createElement(getComponent('SvgAssets')),
      createElement(
        'div',
        { className: 'operations-head' },
        createElement('h2', null, 'Operations'),
        createElement(getComponent('AuthorizeBtnContainer', true)),
      ),
      createElement(getComponent('Markdown', true), { source: specSelectors.info().get('description') }),
      createElement(getComponent('operations', true)),
      createElement(getComponent('Models', true)),
    );
  }

  /**
   * Gives a field for a body a name, which Swagger UI forgets.
   *
   * @param {any} TextArea
   */
  const nameTextArea = (TextArea) => (/** @type {object} */ props) =>
    createElement(TextArea, { 'aria-label': 'Body', ...props });

  /**
   * Lets the table of responses be a table for screen readers. Swagger UI makes it a region without
   * a name.
   *
   * @param {any} Responses
   */
  const keepTable = (Responses) => (/** @type {object} */ props) =>
    createElement('div', { ref: removeRegions }, createElement(Responses, props));

  /**
   * Gives a choice the name of its parameter, which Swagger UI gives to other fields only.
   *
   * @param {any} Field
   */
  const nameChoice = (Field) => (/** @type {any} */ props) => {
    const name = (/** @type {Element | null} */ container) =>
      container?.querySelector('select')?.setAttribute('aria-label', props.description ?? 'Value');
    return createElement('div', { ref: name }, createElement(Field, props));
  };

  return {
    components: { DocsLayout },
    wrapComponents: { TextArea: nameTextArea, JsonSchemaForm: nameChoice, responses: keepTable },
  };
}

/** @param {Element | null} container null once it has left the page */
function removeRegions(container) {
  for (const table of container?.querySelectorAll('table[role="region"]') ?? []) table.removeAttribute('role');
}
