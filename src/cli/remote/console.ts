import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Command } from 'commander'
import { addAskFlags } from './ask-flags.js'
import { openBrowser } from './browser.js'
import { consoleUrl } from './console-url.js'
import { credentialsFor, type UseFlags } from './credentials.js'
import type { Frame, Session } from './frame.js'
import { Stop } from './stop.js'
import { quoted } from './text.js'

interface Flags extends UseFlags {
  readonly print?: boolean
}

/** How long a browser may take to come for the address. */
const patience = 60_000

export function addConsole(program: Command, frame: Frame): void {
  const command = frame.command(program, 'console <role>', "open AWS's console in a browser with a role", {
    text: `Without flags of an ask it uses the grant of the role that is open, and asks where none is. The address that --print
prints signs in whoever has it, for 15 minutes: treat it as a secret.`,
    examples: ['stint console orders-debug', 'stint console orders-debug --print'],
  })
  addAskFlags(command)
    .option('--grant <id>', 'with this grant')
    .option('--print', 'print the address, and open nothing')
    .action(
      frame.act(async (session, role: string, flags: Flags) => {
        const { world, say } = session
        const resume = ({ id }: { readonly id: string }) => `stint console ${quoted(role)} --grant ${id}`
        const { credentials, arn, regions } = await credentialsFor(session, { role, flags, resume })
        const asked = consoleUrl(world, credentials, arn, regions[0])
        const url = await say.during("Asking AWS's sign-in", asked)
        if (say.json) return say.value({ url })
        if (flags.print) return say.data(url)
        await openSecretly(session, url)
      }),
    )
}

/** Others on the machine see a browser's arguments, so it is given an address of loopback that leads on once. */
async function openSecretly({ world, say }: Session, url: string): Promise<void> {
  const path = `/${Buffer.from(world.random(24)).toString('base64url')}`
  let came = (): void => undefined
  const coming = new Promise<void>((resolve) => (came = resolve))
  const server = createServer((request, response) => {
    request.resume()
    const { port } = server.address() as AddressInfo
    if (request.url !== path || request.headers.host !== `127.0.0.1:${port}`)
      return void response.writeHead(404).end()
    response.writeHead(302, {
      location: url,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      connection: 'close',
    })
    response.end(came)
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  let late: NodeJS.Timeout | undefined
  try {
    const { port } = server.address() as AddressInfo
    if (!(await openBrowser(world, `http://127.0.0.1:${port}${path}`)))
      throw new Stop('invalid_request', 'No browser can be started here. Print the address instead: --print')
    const tooLate = new Promise<never>((_, reject) => {
      late = setTimeout(
        () => reject(new Stop('unreachable', 'The browser did not come. Print the address instead: --print')),
        patience,
      )
    })
    await say.during('Opening the browser', Promise.race([coming, tooLate]))
  } finally {
    clearTimeout(late)
    server.close()
  }
}
