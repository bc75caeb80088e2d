import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { launchChromium } from './chromium.ts'

test('a real Chromium opens a page from loopback, also under a name of another origin', async () => {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<title>${request.headers.host}</title><script>document.title += ' ran'</script>`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    await using browser = await launchChromium()
    const page = await browser.newPage()
    for (const host of [`127.0.0.1:${port}`, `attacker.test:${port}`]) {
      await page.goto(`http://${host}/`)
      assert.equal(await page.title(), `${host} ran`)
    }
    await assert.rejects(page.goto('http://example.com/'), /ERR_NAME_NOT_RESOLVED/)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
