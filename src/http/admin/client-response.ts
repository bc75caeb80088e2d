import type { Changed } from '../../core/registration/change-client.ts'
import { hydraClientJson } from '../../protocol/hydra-client-json.ts'
import { hydraNoStore, json, type Response } from '../server/response.ts'

type Form = Parameters<typeof hydraClientJson>[1]

/** A client as Hydra writes it, with the secret if the request made one. */
export const clientJson = ({ client, clientSecret }: Changed, form: Form): Record<string, unknown> => ({
  ...hydraClientJson(client, form),
  ...(clientSecret !== undefined && { client_secret: clientSecret }),
})

export const clientResponse = (changed: Changed, form: Form): Response => json(200, clientJson(changed, form), hydraNoStore)
