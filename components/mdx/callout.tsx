import type { ReactNode } from 'react';
import {
  BookXIcon,
  HistoryIcon,
  InfoIcon,
  QuestionIcon,
  type IconComponent,
} from '#components/ui/icons.tsx';

type CalloutKind = 'say' | 'believed' | 'simplified' | 'since';

const LOOKS: Readonly<Record<CalloutKind, { icon: IconComponent; layer: string }>> = {
  say: { icon: QuestionIcon, layer: 'L-service' },
  believed: { icon: BookXIcon, layer: 'L-netfilter' },
  simplified: { icon: InfoIcon, layer: '' },
  since: { icon: HistoryIcon, layer: 'L-dns' },
};

interface CalloutProps {
  readonly kind: CalloutKind;
  readonly title: string;
  readonly children?: ReactNode;
}

/** A remark in the margin: what to say aloud, a common belief, a simplification, what a version changed. */
export function Callout({ kind, title, children }: CalloutProps) {
  const { icon: Icon, layer } = LOOKS[kind];
  return (
    <aside className={`call ${layer}`}>
      <Icon size={18} />
      <div>
        <b>{title}</b>
        {children}
      </div>
    </aside>
  );
}
