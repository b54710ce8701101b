'use client';

import { useState } from 'react';
import type { ObjectRow } from '#lib/sandbox/protocol.ts';
import { objectKey } from './object-key.ts';

/** Kinds that people meet first; the others follow in alphabetical order. */
const FIRST = [
  'Pod',
  'Service',
  'EndpointSlice',
  'NetworkPolicy',
  'Deployment',
  'ReplicaSet',
  'Node',
  'Namespace',
  'ConfigMap',
];

/** Objects by kind, those of the cluster itself last. Pure. */
export function groupObjects(
  objects: readonly ObjectRow[],
): readonly { readonly kind: string; readonly rows: readonly ObjectRow[] }[] {
  const kinds = [...new Set(objects.map((row) => row.kind))];
  const rank = (kind: string) => (FIRST.includes(kind) ? FIRST.indexOf(kind) : FIRST.length);
  const isOwn = (row: ObjectRow) => Number(row.namespace?.startsWith('kube-') ?? false);
  return kinds
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map((kind) => ({
      kind,
      rows: objects.filter((row) => row.kind === kind).sort((a, b) => isOwn(a) - isOwn(b)),
    }));
}

interface ObjectsPanelProps {
  readonly objects: readonly ObjectRow[];
  readonly selected: string | undefined;
  readonly onSelect: (key: string) => void;
  readonly onEdit: (yaml: string) => void;
}

/** Every object by kind, and the YAML of one. */
export function ObjectsPanel({ objects, selected, onSelect, onEdit }: ObjectsPanelProps) {
  const [filter, setFilter] = useState('');
  const wanted = objects.filter((row) =>
    objectKey(row).toLowerCase().includes(filter.toLowerCase()),
  );
  const shown = objects.find((row) => objectKey(row) === selected);
  return (
    <div className="objects">
      <div className="objects-list">
        <input
          className="input objects-filter"
          type="search"
          placeholder="Filter by kind or name"
          aria-label="Filter objects"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        {wanted.length === 0 && <p className="small dim objects-none">No object has that name.</p>}
        {groupObjects(wanted).map(({ kind, rows }) => (
          <details
            key={kind}
            open={filter !== '' || ['Pod', 'Service', 'EndpointSlice'].includes(kind)}
          >
            <summary>
              {kind} <span className="faint">{rows.length}</span>
            </summary>
            <ObjectNames rows={rows} selected={selected} onSelect={onSelect} />
          </details>
        ))}
      </div>
      <div className="objects-yaml">
        {shown ? (
          <ObjectYaml shown={shown} onEdit={onEdit} />
        ) : (
          <p className="small dim objects-none">
            Choose an object to read its YAML as the API server keeps it.
          </p>
        )}
      </div>
    </div>
  );
}

function ObjectNames({
  rows,
  selected,
  onSelect,
}: { readonly rows: readonly ObjectRow[] } & Pick<ObjectsPanelProps, 'selected' | 'onSelect'>) {
  return (
    <ul>
      {rows.map((row) => (
        <li key={objectKey(row)}>
          <button
            type="button"
            aria-pressed={objectKey(row) === selected}
            onClick={() => onSelect(objectKey(row))}
          >
            {row.namespace !== undefined && <span className="faint">{row.namespace}/</span>}
            {row.name}
          </button>
        </li>
      ))}
    </ul>
  );
}

function ObjectYaml({
  shown,
  onEdit,
}: { readonly shown: ObjectRow } & Pick<ObjectsPanelProps, 'onEdit'>) {
  return (
    <>
      <header className="row">
        <b className="small">
          {shown.kind} {shown.name}
        </b>
        <button type="button" className="btn sm end" onClick={() => onEdit(shown.yaml)}>
          Edit as YAML
        </button>
      </header>
      <pre className="code" tabIndex={0} aria-label={`YAML of ${shown.kind} ${shown.name}`}>
        {shown.yaml.split('\n').map((line, index) => (
          <YamlLine key={index} line={line} />
        ))}
      </pre>
    </>
  );
}

/** Keys recede, values speak. */
function YamlLine({ line }: { readonly line: string }) {
  const match = /^(\s*(?:- )*)([\w./-]+|"[^"]*")(:)(\s.*)?$/.exec(line);
  if (!match) return <span className="l">{line === '' ? ' ' : line}</span>;
  return (
    <span className="l">
      {match[1]}
      <span className="k">{match[2]}</span>
      {match[3]}
      {match[4]}
    </span>
  );
}
