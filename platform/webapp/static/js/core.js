// What every module leans on.  No eval, no inline script, nothing from another site: the content security policy holds.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** What the server tells the scripts: addresses of libraries and sentences in the reader's language. */
export const config = JSON.parse($('meta[name="jingwei"]')?.content || "{}");
export const text = (key) => config.text?.[key] ?? key;

const loading = {};

/** Load a classic script once.  `name` is a key of `config.scripts`. */
export function load(name) {
  return (loading[name] ||= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = config.scripts[name];
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  }));
}

export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function define(name, element) {
  if (!customElements.get(name)) customElements.define(name, element);
}

export function el(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/** Where the result of an htmx request went; htmx tells it in `event.detail.ctx`. */
export const swapTarget = (event) => event.detail?.ctx?.target ?? null;

/** Where the screen ends for a list that opens: above the tabs of a phone. */
export const floor = () => $(".tabbar")?.getBoundingClientRect().top || innerHeight;

export const isTyping = (target) => /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable;
