interface RawBytesProps {
  readonly base64: string;
}

const SHORT = 40;

/** What was sent, as text where it is text; opened in full on demand. */
export const RawBytes = ({ base64 }: RawBytesProps) => {
  const text = textOf(base64);
  if (text.length <= SHORT) return <code>{text}</code>;
  return (
    <details className="raw">
      <summary>
        <code>{text.slice(0, SHORT)}</code>
        <span className="soft">… {text.length}</span>
      </summary>
      <pre>{pretty(text)}</pre>
    </details>
  );
};

/** UTF-8, or hexadecimal where the bytes are none. */
export const textOf = (base64: string): string => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  }
};

const pretty = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
};
