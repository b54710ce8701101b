'use client';

import { useState } from 'react';

/** A link to send to somebody: shown once, selected by a click, copied by a button. */
export function CopyLink({ link }: { readonly link: string }) {
  const [isCopied, setIsCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard.writeText(link).then(() => setIsCopied(true));
  };
  return (
    <div className="row">
      <input
        className="input mono grow"
        readOnly
        value={link}
        aria-label="Link"
        onFocus={(event) => event.currentTarget.select()}
      />
      <button type="button" className="btn" onClick={copy}>
        {isCopied ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}
