import type { NftExpression } from './expression.ts';
import type { NftElementBody, NftRuleBody } from './model.ts';
import type { NftStatement, NftVerdict } from './statement.ts';

/** What a rule or an element needs to be there. */
export interface References {
  readonly chains: string[];
  readonly sets: string[];
}

function visitVerdict(verdict: NftVerdict | undefined, found: References): void {
  if (verdict && 'chain' in verdict) found.chains.push(verdict.chain);
}

function visitExpression(expression: NftExpression | undefined, found: References): void {
  if (!expression) return;
  if (expression.expression === 'bitwise') visitExpression(expression.left, found);
  if (expression.expression !== 'map') return;
  visitExpression(expression.key, found);
  if (expression.map.map === 'named') found.sets.push(expression.map.name);
}

function visitStatement(statement: NftStatement, found: References): void {
  switch (statement.statement) {
    case 'match':
      if (statement.right.right === 'set') found.sets.push(statement.right.name);
      return;
    case 'verdict':
      return visitVerdict(statement.verdict, found);
    case 'vmap':
      if (statement.map.map === 'named') found.sets.push(statement.map.name);
      else for (const { verdict } of statement.map.elements) visitVerdict(verdict, found);
      return;
    case 'nat':
      visitExpression(statement.address, found);
      return visitExpression(statement.port, found);
    case 'redirect':
      return visitExpression(statement.port, found);
    case 'set-mark':
      return visitExpression(statement.value, found);
    case 'set-update':
      found.sets.push(statement.set);
      return;
    case 'masquerade':
    case 'reject':
    case 'counter':
    case 'notrack':
    case 'log':
    case 'limit':
      return;
  }
}

/** What statements name never changes, and many rules may share them. */
const known = new WeakMap<readonly NftStatement[], References>();

/** The chains and sets that a rule names, once for each time. */
export function referencesOfRule({ statements }: Pick<NftRuleBody, 'statements'>): References {
  const remembered = known.get(statements);
  if (remembered) return remembered;
  const found: References = { chains: [], sets: [] };
  for (const statement of statements) visitStatement(statement, found);
  known.set(statements, found);
  return found;
}

export function referencesOfElement({ verdict }: NftElementBody): References {
  return { chains: verdict && 'chain' in verdict ? [verdict.chain] : [], sets: [] };
}
