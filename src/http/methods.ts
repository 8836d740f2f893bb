import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { METHODS } from 'node:http'
import { Fault } from '../fault.js'
import type { Step } from './authenticate.js'

/** Refuses a path that there is not, before any of its body is read; `first` is done before that. */
export function refuseOtherPaths(app: FastifyInstance, first: readonly Step[]): void {
  app.addHook('onRequest', async (request) => {
    if (!request.is404) return
    for (const step of first) await step(request)
    throw new Fault('not_found', 'There is nothing at this path. GET /openapi.yaml says what there is.')
  })
}

/** Remembers the methods of each path as routes are added; call it before they are. */
export function collectMethods(app: FastifyInstance): ReadonlyMap<string, readonly string[]> {
  const methods = new Map<string, readonly string[]>()
  app.addHook('onRoute', ({ url, method }) => {
    methods.set(url, [...(methods.get(url) ?? []), method].flat())
  })
  return methods
}

/** Where a path has other methods, 405 says which; so it is for every method that Node reads. */
export function refuseOtherMethods(
  app: FastifyInstance,
  methods: ReadonlyMap<string, readonly string[]>,
  first: readonly Step[],
): void {
  METHODS.filter((method) => !app.supportedMethods.includes(method)).forEach((method) =>
    app.addHttpMethod(method),
  )
  for (const [url, taken] of [...methods]) {
    const refusal = async (_request: FastifyRequest, reply: FastifyReply) => {
      reply.header('Allow', taken.join(', '))
      throw new Fault('method_not_allowed', `This path takes ${taken.join(', ')}.`)
    }
    const others = app.supportedMethods.filter((method) => !taken.includes(method))
    app.route({ method: others, url, onRequest: [...first, refusal], handler: refusal })
  }
}
