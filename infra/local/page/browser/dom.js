/** Creates elements once and updates them. Text is always inserted as text, and the focus is kept. */

/** An element with properties (`class`, `data-…`, `aria-…`, listeners as functions) and children. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute if it differs; removes it if the value is undefined or false. */
export function setAttribute(element, name, value) {
  if (value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value))
    element.setAttribute(name, value === true ? '' : value);
}

const parts = new WeakMap();

/**
 * Children by key, in order: `make(item)` returns `{ element, update(item) }` and is called once for each key.
 * Elements that are already in place are not touched, so that focus and scroll position are kept.
 */
export function keyed(parent, items, keyOf, make) {
  const known = parts.get(parent) ?? new Map();
  const next = new Map();
  for (const item of items) {
    const key = keyOf(item);
    next.set(key, known.get(key) ?? make(item));
    next.get(key).update(item);
  }
  for (const [key, { element }] of known) if (!next.has(key)) element.remove();
  let at = parent.firstElementChild;
  for (const { element } of next.values()) {
    if (element === at) at = at.nextElementSibling;
    else parent.insertBefore(element, at);
  }
  parts.set(parent, next);
}
