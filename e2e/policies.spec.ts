import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';

const POLICY = JSON.stringify({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'catalog-in' },
  spec: {
    podSelector: { matchLabels: { app: 'catalog' } },
    policyTypes: ['Ingress'],
    ingress: [
      { from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 8080 }] },
    ],
  },
});

async function run(page: Page, line: string, printed: RegExp): Promise<void> {
  await page.getByRole('tab', { name: 'Terminal' }).click();
  const prompt = page.getByLabel(/^Command at/);
  await expect(prompt).toBeEditable();
  await prompt.fill(line);
  await prompt.press('Enter');
  await expect(page.getByRole('log', { name: 'Terminal' })).toContainText(printed);
}

/** A client in another namespace beside the shop's, and a policy that admits the shop's alone. */
async function isolateCatalog(page: Page): Promise<void> {
  await page.goto('/sandbox');
  await run(page, 'kubectl create namespace guest', /namespace\/guest created/);
  await run(
    page,
    'kubectl run visitor -n guest --image=nicolaka/netshoot -- sleep infinity',
    /pod\/visitor created/,
  );
  await run(page, 'kubectl wait pod/visitor -n guest --for=condition=Ready', /condition met/);
  await run(page, `echo '${POLICY}' | kubectl apply -f -`, /catalog-in created/);
}

const openMatrix = (page: Page) => page.getByRole('tab', { name: 'Reachability' }).click();
const cellOf = (page: Page, row: string, nth: number) =>
  page
    .getByRole('row', { name: new RegExp(`^${row}`) })
    .getByRole('gridcell')
    .nth(nth);
/** guest/visitor, any port; then shop/catalog, TCP 8080. */
const CATALOG = 1;

/** Of the whole page, or of a part: on a phone the title stands in another pane. */
async function expectClean(page: Page, part = 'html'): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).include(part).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
}

test('a policy is seen in the matrix, in the trace of a packet, and in what every policy says', async ({
  page,
}) => {
  await isolateCatalog(page);
  await openMatrix(page);
  const lost = cellOf(page, 'guest/visitor', CATALOG);
  await expect(lost).toHaveText(/does not get through, lost since/);
  await expect(cellOf(page, 'shop/web', CATALOG)).toHaveText(/^gets through$/);
  await expect(page.getByText('guest/visitor to shop/catalog, TCP 8080').first()).toBeVisible();

  await lost.getByRole('button').click();
  const account = page.getByRole('heading', { name: /^Ingress to shop\/catalog-/ });
  await expect(account).toContainText('does not pass');
  await expect(page.getByRole('button', { name: 'NetworkPolicy shop/catalog-in' })).toBeVisible();
  await expectClean(page);

  await page.getByRole('button', { name: 'Send this packet' }).first().click();
  const hop = page.getByRole('button', { name: /ingress policy$/ });
  await expect(hop).toBeVisible();
  await hop.click();
  await expect(page.getByText('Policy · Does not admit')).toBeVisible();
  await expect(
    page.getByText(/no rule of it admits TCP port 8080 from visitor/).first(),
  ).toBeVisible();
  await page.getByRole('button', { name: 'What every policy says' }).click();
  await expect(page.getByText('rule 1: no peer of it matches')).toBeVisible();
  await expect(page.getByRole('heading', { name: /^Ingress to/ })).toContainText('does not pass');
  await expect(page.getByText(/isolate: catalog-/)).toBeVisible();
  await expectClean(page);

  await run(page, 'kubectl delete networkpolicy catalog-in', /"catalog-in" deleted/);
  await openMatrix(page);
  await expect(cellOf(page, 'guest/visitor', CATALOG)).toHaveText(/gets through, gained since/);
});

test('the matrix is walked with the keyboard', async ({ page }) => {
  await isolateCatalog(page);
  await openMatrix(page);
  const first = cellOf(page, 'guest/visitor', 0).getByRole('button');
  await first.focus();
  await page.keyboard.press('ArrowRight');
  await expect(cellOf(page, 'guest/visitor', CATALOG).getByRole('button')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(cellOf(page, 'shop/catalog', CATALOG).getByRole('button')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(
    page.getByRole('heading', { name: /^shop\/catalog to shop\/catalog/ }),
  ).toBeVisible();
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test('the matrix folds to one workload, and nothing is wider than the screen', async ({
    page,
  }) => {
    await page.goto('/sandbox');
    const panes = page.getByRole('navigation', { name: 'Panes' });
    await panes.getByRole('button', { name: 'Reach' }).click();
    await page.getByLabel('About').selectOption('shop/catalog');
    await expect(page.getByRole('heading', { name: 'Who reaches shop/catalog' })).toBeVisible();
    await page
      .getByText(/^All \d+ get through$/)
      .first()
      .click();
    await expect(page.getByRole('button', { name: /shop\/web at TCP 8080/ }).first()).toBeVisible();
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
    await expectClean(page, '.lab-dock');
  });
});
