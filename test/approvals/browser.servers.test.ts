import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startChromium, type Tab } from '../servers/chromium.ts';
import { describeWith } from '../servers/require-server.ts';
import { newPlace } from './place.ts';

const write = (tab: Tab, name: string) =>
  tab.evaluate(`document.querySelector('[name=by]').value = ${JSON.stringify(name)}`);
const click = (tab: Tab, value: string) => tab.evaluate(`document.querySelector('[value=${value}]').click()`);

const text = (tab: Tab): Promise<unknown> => tab.evaluate('document.body.innerText');

describeWith('the page of a link in a real browser', startChromium, (browser) => {
  test('is styled, and its button approves under its own content policy', async () => {
    const place = await newPlace();
    const link = await place.waits();
    const tab = await browser().tab();
    await tab.open(link);
    expect(await text(tab)).toContain('read public.payment_cards for the first time');
    expect(await tab.evaluate('getComputedStyle(document.body).maxWidth')).not.toBe('none');
    expect(place.steps()[0]?.state).toBe('planned');
    await write(tab, 'Ann');
    await tab.loads(() => click(tab, 'approve'));
    expect(await text(tab)).toMatch(/Approved by Ann at .* UTC/);
    expect(place.record().at(-1)).toMatchObject({ type: 'approved', by: 'Ann', via: 'link' });
    await tab.loads(() => tab.evaluate('location.reload()'));
    expect(place.record().filter(({ via }) => via === 'link')).toHaveLength(1);
  });

  test('asks for a name before it sends anything, and Enter does not approve', async () => {
    const place = await newPlace();
    const link = await place.waits();
    const tab = await browser().tab();
    await tab.open(link);
    await click(tab, 'approve');
    expect(await tab.evaluate(`document.querySelector('[name=by]').validity.valueMissing`)).toBe(true);
    expect(place.steps()[0]?.state).toBe('planned');
    await write(tab, 'Ann');
    await tab.evaluate(`document.querySelector('[name=by]').focus()`);
    const enter = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' };
    await tab.loads(() => tab.call('Input.dispatchKeyEvent', { type: 'keyDown', ...enter }));
    expect(await text(tab)).toContain('Refused by Ann');
  });

  test('cannot be pressed from another site, which can neither send the form nor frame the page', async () => {
    const place = await newPlace();
    const link = await place.waits();
    const evil = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(
        `<iframe src="${link}"></iframe><form method="post" action="${link}"><input name="by" value="Eve"><button name="decision" value="approve"></button></form>`,
      );
    });
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      evil.closeAllConnections();
      evil.close();
    });
    const tab = await browser().tab();
    await tab.open(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`);
    const { frameTree } = await tab.call('Page.getFrameTree', {});
    expect(frameTree).toMatchObject({ childFrames: [{ frame: { unreachableUrl: link } }] });
    // Another port of the same host is the same site to a browser, a name is another one: both are not ours.
    for (const host of ['127.0.0.1', 'localhost']) {
      await tab.open(`http://${host}:${(evil.address() as AddressInfo).port}/`);
      await write(tab, 'Eve');
      await tab.loads(() => click(tab, 'approve'));
      expect(await text(tab)).toContain('it did not come from this page');
    }
    expect(place.steps()[0]?.state).toBe('planned');
    await expect.poll(() => place.counts()).toMatchObject({ 'cross-site': 2 });
  });
});
