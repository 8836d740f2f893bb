import type { FastifyReply, FastifyRequest } from 'fastify'
import { sentenceOf } from '../decision/decision.js'
import { Fault } from '../fault.js'
import type { Broker, Render } from '../grant/broker.js'
import type { Ending } from '../grant/close.js'
import type { Explained } from '../grant/explain.js'
import type { Snapshot } from '../grant/grant.js'
import type { Ballot } from '../grant/vote.js'
import { iso } from '../time.js'
import { json, plain, shell } from './accept.js'
import { callOf } from './authenticate.js'
import type { Bucket } from './limits.js'
import { listEntries, listForms, listGrants, listKept, sendList } from './lists.js'
import { readWhenChanged } from './poll.js'
import {
  renderCheckpoint,
  renderCredentials,
  renderDecision,
  renderExplanation,
  renderMe,
  renderRole,
  renderSnapshot,
} from './render.js'
import {
  askOf,
  checkpointsOf,
  eventQueryOf,
  formOf,
  grantQueryOf,
  idOf,
  keyOf,
  reasonOf,
  sizesOf,
} from './requests.js'
import { send } from './send.js'
import { complaint, exports } from './shell.js'
import type { Verbs } from './verbs.js'
import { revocationOperations } from './revocations.js'
import type { Waits } from './waits.js'

/** An operation of the contract that a caller must be authenticated for. */
export interface Operation {
  /** What it counts as, for the limits. */
  readonly bucket: Bucket
  /** Whether it may lead to new credentials or grants; refused while shutting down. */
  readonly begins?: true
  /** Whether its answers, refusals too, come for a shell as well. */
  readonly shell?: true
  readonly handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>
}

interface Faced {
  readonly broker: Broker
  readonly verbs: Verbs
  readonly waits: Waits
}

/** One handler per operation: read the request, call the verb, render what it says. */
export function operations({ broker, verbs, waits }: Faced): Readonly<Record<string, Operation>> {
  const closing = (ending: Ending): Operation => ({
    bucket: 'votes',
    async handler(request, reply) {
      formOf(request, [json])
      return send(
        reply,
        renderSnapshot(await verbs.close(broker, callOf(request), idOf(request), ending, reasonOf(request))),
      )
    },
  })

  return {
    ask: {
      bucket: 'asks',
      begins: true,
      shell: true,
      async handler(request, reply) {
        const form = formOf(request, credentialForms)
        const asked = await verbs.ask(
          broker,
          callOf(request),
          askOf(request),
          keyOf(request),
          presentAs(form),
        )
        if (asked.kind === 'active') return sendCredentials(located(reply, asked.id), form, asked.answer)
        if (asked.kind === 'denied') throw denied(asked.snapshot)
        return sendPending(located(reply, asked.snapshot.grant.id), form, asked.snapshot)
      },
    },
    preview: {
      bucket: 'reads',
      async handler(request, reply) {
        formOf(request, [json])
        return send(reply, renderDecision(await verbs.preview(broker, callOf(request), askOf(request))))
      },
    },
    issue: {
      bucket: 'asks',
      begins: true,
      shell: true,
      async handler(request, reply) {
        const form = formOf(request, credentialForms)
        const answer = await verbs.issue(broker, callOf(request), idOf(request), presentAs(form))
        return sendCredentials(reply, form, answer)
      },
    },
    vote: {
      bucket: 'votes',
      async handler(request, reply) {
        formOf(request, [json])
        const ballot = request.body as Ballot
        return send(reply, renderSnapshot(await verbs.vote(broker, callOf(request), idOf(request), ballot)))
      },
    },
    cancel: closing('cancel'),
    end: closing('end'),
    revoke: closing('revoke'),
    review: {
      bucket: 'votes',
      async handler(request, reply) {
        formOf(request, [json])
        const { text } = request.body as { readonly text: string }
        return send(reply, renderSnapshot(await verbs.signOff(broker, callOf(request), idOf(request), text)))
      },
    },
    ...revocationOperations(broker, verbs),
    read: {
      bucket: 'reads',
      async handler(request, reply) {
        formOf(request, [json])
        return send(reply, renderSnapshot(await readWhenChanged({ broker, verbs, waits }, request, reply)))
      },
    },
    search: {
      bucket: 'searches',
      async handler(request, reply) {
        const form = formOf(request, listForms)
        const { items, next } = await verbs.search(broker, callOf(request), grantQueryOf(request))
        return sendList(request, reply, form, listGrants(items, next))
      },
    },
    readEvents: {
      bucket: 'searches',
      async handler(request, reply) {
        const form = formOf(request, listForms)
        const found = await verbs.readEvents(broker, callOf(request), eventQueryOf(request))
        return sendList(request, reply, form, listEntries(found.items, found.next, found.beginning))
      },
    },
    checkpoint: {
      bucket: 'reads',
      async handler(request, reply) {
        const form = formOf(request, [json, plain])
        const signed = await verbs.readCheckpoint(broker, sizesOf(request).from)
        if (form === plain) return reply.type(`${plain}; charset=utf-8`).send(signed.note)
        return send(reply, renderCheckpoint(signed))
      },
    },
    listCheckpoints: {
      bucket: 'reads',
      async handler(request, reply) {
        const form = formOf(request, listForms)
        const { after, limit } = checkpointsOf(request)
        const { items, next } = await verbs.listCheckpoints(broker, after, limit)
        return sendList(request, reply, form, listKept(items, next))
      },
    },
    proof: {
      bucket: 'reads',
      async handler(request, reply) {
        formOf(request, [json])
        const { seq, size } = sizesOf(request)
        const { proof, checkpoint } = await verbs.proveEvent(broker, callOf(request), seq, size)
        return send(reply, { ...proof, checkpoint: renderCheckpoint(checkpoint) })
      },
    },
    roles: {
      bucket: 'reads',
      async handler(request, reply) {
        formOf(request, [json])
        return send(reply, { roles: verbs.roles(broker, callOf(request)).map(renderRole) })
      },
    },
    explain: {
      bucket: 'reads',
      async handler(request, reply) {
        formOf(request, [json])
        const asked = request.body as Explained
        return send(reply, renderExplanation(verbs.explainPolicy(broker, callOf(request), asked)))
      },
    },
    linkSlack: {
      bucket: 'votes',
      async handler(request, reply) {
        formOf(request, [json])
        const { code, user } = request.body as { readonly code: string; readonly user?: string }
        return send(reply, await verbs.link(broker, callOf(request), code, user))
      },
    },
    unlinkSlack: {
      bucket: 'votes',
      async handler(request, reply) {
        formOf(request, [json])
        return send(reply, await verbs.unlink(broker, callOf(request)))
      },
    },
    me: {
      bucket: 'reads',
      async handler(request, reply) {
        formOf(request, [json])
        return send(reply, renderMe(verbs.me(broker, callOf(request))))
      },
    },
  }
}

const credentialForms = [json, shell] as const
type CredentialForm = (typeof credentialForms)[number]

/** The whole answer as text, made before the issuance is committed as done, and sent as it is. */
const presentAs =
  (form: CredentialForm): Render<string> =>
  (snapshot, credentials) =>
    form === shell
      ? exports(snapshot.grant.id, credentials)
      : JSON.stringify({ grant: renderSnapshot(snapshot), credentials: renderCredentials(credentials) })

const located = (reply: FastifyReply, id: string): FastifyReply =>
  reply.header('Location', `/v1/grants/${id}`)

const sendCredentials = (reply: FastifyReply, form: CredentialForm, answer: string): FastifyReply =>
  reply.code(201).type(`${form}; charset=utf-8`).send(answer)

function sendPending(reply: FastifyReply, form: CredentialForm, snapshot: Snapshot): FastifyReply {
  const { id, decideBy } = snapshot.grant
  reply.code(202).header('Retry-After', 5)
  if (form === json) return send(reply, { grant: renderSnapshot(snapshot) })
  const until = decideBy === undefined ? '' : ` until ${iso(decideBy)}`
  const message = `grant ${id} waits for approval${until}; then collect with POST /v1/grants/${id}/credentials`
  return reply.type(`${shell}; charset=utf-8`).send(complaint(message))
}

function denied({ grant }: Snapshot): Fault {
  const { checks } = grant.decision
  const members = { grant: grant.id, checks, decision: grant.decision }
  return new Fault('denied', sentenceOf(checks) || 'An approver said no.', { members })
}
