// Amounts in whole fen.  Sums may be typed: 1280*3+45.5.

/** Fen of what was typed, half away from zero; 0 for nothing, NaN for nonsense.  An input method may type full-width signs. */
export function cents(typed) {
  const clean = String(typed ?? "").normalize("NFKC").replace(/[,¥\s]/g, "");
  if (!clean) return 0;
  const value = calculate(clean);
  if (value === null) return NaN;
  const fen = Number((Math.abs(value) * 100).toPrecision(15)); // 1.005 * 100 is a little less than 100.5
  return Math.sign(value) * Math.round(fen) || 0;
}

/** The value of a sum with + - * / and brackets; null when it is none.  A parser, because the page forbids eval. */
export function calculate(source) {
  let at = 0;
  const operator = (signs) => at < source.length && signs.includes(source[at]);
  const expression = () => {
    let value = term();
    while (operator("+-")) value = source[at++] === "+" ? value + term() : value - term();
    return value;
  };
  const term = () => {
    let value = factor();
    while (operator("*/×÷")) value = "*×".includes(source[at++]) ? value * factor() : value / factor();
    return value;
  };
  const factor = () => {
    if (source[at] === "-") return at++, -factor();
    if (source[at] === "(") {
      at++;
      const value = expression();
      at++;
      return value;
    }
    const number = /^(\d*\.?\d+|\d+\.?)/.exec(source.slice(at));
    if (!number) throw new SyntaxError(source);
    at += number[0].length;
    return parseFloat(number[0]);
  };
  try {
    const value = expression();
    return at < source.length || !Number.isFinite(value) ? null : value;
  } catch {
    return null;
  }
}

export const plain = (fen) => (fen ? (fen / 100).toFixed(2) : "");
export const grouped = (fen) => (fen < 0 ? "-" : "") + (Math.abs(fen) / 100).toFixed(2).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

const DIGITS = "零壹贰叁肆伍陆柒捌玖";
const UNITS = ["", "拾", "佰", "仟"];
const GROUPS = ["", "万", "亿", "万亿"];

/** Uppercase RMB (人民币大写), as kernel.money.rmb_upper writes it. */
export function upper(fen) {
  const amount = Math.abs(fen);
  const yuan = Math.floor(amount / 100);
  const jiao = Math.floor(amount / 10) % 10;
  const rest = amount % 10;
  let words = integerWords(yuan);
  if (words) words += "元";
  if (!jiao && !rest) words = `${words || "零元"}整`;
  else {
    if (jiao) words += `${words && yuan % 10 === 0 ? "零" : ""}${DIGITS[jiao]}角`;
    else if (words) words += "零";
    words += rest ? `${DIGITS[rest]}分` : "整";
  }
  return (fen < 0 ? "负" : "") + words;
}

function integerWords(yuan) {
  const groups = [];
  for (let left = yuan; left; left = Math.floor(left / 10000)) groups.push(left % 10000);
  let words = "";
  let gap = false;
  for (let index = groups.length - 1; index >= 0; index--) {
    const group = groups[index];
    if (!group) {
      gap = Boolean(words);
      continue;
    }
    if (words && (gap || group < 1000)) words += "零";
    words += groupWords(group) + GROUPS[index];
    gap = false;
  }
  return words;
}

function groupWords(group) {
  let words = "";
  let zero = false;
  for (let power = 3; power >= 0; power--) {
    const digit = Math.floor(group / 10 ** power) % 10;
    if (digit) {
      words += (zero ? "零" : "") + DIGITS[digit] + UNITS[power];
      zero = false;
    } else if (words) zero = true;
  }
  return words;
}
