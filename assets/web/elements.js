// Elements: pieces of the page, and texts that grow in them. Knows nothing of conversations.

export function element(tag, className, text = '') {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

// Shows a text that mostly grows: long thoughts are appended to, not laid out anew.
export function show(node, text) {
  const shown = node.firstChild?.data ?? '';
  if (shown && text.startsWith(shown)) node.firstChild.appendData(text.slice(shown.length));
  else node.textContent = text;
}

export const isAtEnd = (node) => node.scrollHeight - node.scrollTop - node.clientHeight < 40;
