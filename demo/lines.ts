import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { job, people } from './people.js'
import type { Telling } from './telling.js'
import type { World } from './world.js'

const post = (path: string, body: string) =>
  `curl -s "$STINT${path}" -H "$AS" -H "$FROM" -H "$JSON" \\\n  -d '${body}'`

const ask = (role: string, reason: string) => post('/v1/grants', `{"role":"${role}","reason":"${reason}"}`)

const become = (variable: string, address: string) =>
  `AS="Authorization: Bearer $${variable}" FROM='X-Forwarded-For: ${address}'`

const get = (path: string) => `curl -s "$STINT${path}" -H "$AS" -H "$FROM"`

/** Blocks of lines for another terminal, each for one person. */
const blocks = [
  [
    'Ana, an engineer: what she may ask for; an ask allowed at once; one that needs a vote',
    become('ANA', people.ana.address),
    get('/v1/roles'),
    ask('orders-debug', 'Order 42 is stuck'),
    `GRANT=$(${ask('orders-repair', 'Mend order 42')} |`,
    `  grep -o '"id":"[^"]*"' | head -n 1 | cut -d '"' -f 4); echo "$GRANT"`,
  ],
  [
    'Bo, an approver: reads it, and agrees',
    become('BO', people.bo.address),
    get('/v1/grants/$GRANT'),
    post('/v1/grants/$GRANT/votes', '{"answer":"yes"}'),
  ],
  [
    'Ana again: collects into her shell, is done, and asks for more all the same',
    become('ANA', people.ana.address),
    `eval "$(curl -s -X POST "$STINT/v1/grants/$GRANT/credentials" -H "$AS" -H "$FROM" \\`,
    `  -H 'Accept: text/x-shellscript')"; echo "$AWS_ACCESS_KEY_ID"`,
    `curl -s -X POST "$STINT/v1/grants/$GRANT/end" -H "$AS" -H "$FROM"`,
    `curl -s -X POST "$STINT/v1/grants/$GRANT/credentials" -H "$AS" -H "$FROM"`,
  ],
  ['A CI job', become('JOB', job.address), ask('orders-smoke-test', 'Smoke test after deployment 513')],
  [
    'Cy, an auditor: by words in the reason, by access key id, and the log itself',
    become('CY', people.cy.address),
    get('/v1/grants?text=order+42&state=active'),
    get('/v1/grants?accessKeyId=$AWS_ACCESS_KEY_ID'),
    `${get('/v1/audit/events?limit=1000')} -H 'Accept: application/x-ndjson'`,
  ],
]

/** Puts everybody's token into a file that only its owner reads, and tells what can be done with them. */
export async function tellLines(world: World, telling: Telling): Promise<void> {
  const file = join(world.folder, 'tokens.sh')
  const tokens = Object.entries(world.tokens).map(([name, token]) => `${name.toUpperCase()}='${token}'\n`)
  await writeFile(file, `STINT='${world.stint}'\nJSON='Content-Type: application/json'\n${tokens.join('')}`, {
    mode: 0o600,
  })

  telling.heading(`Stint stays up at ${world.stint} until Ctrl-C. Try it from another terminal:`)
  telling.plain('# Its clock goes three minutes ahead of yours, since the tour moved it.')
  telling.plain()
  telling.plain(`# The address, and everybody's token, good for eight hours`)
  telling.plain(`. ${file}`)
  for (const [title = '', ...lines] of blocks) {
    telling.plain()
    telling.plain(`# ${title}`)
    for (const line of lines) telling.plain(line)
  }
  telling.plain()
}
