import 'reflect-metadata'
import { Readable } from 'node:stream'
import {
  Body,
  Controller,
  Get,
  type INestApplication,
  type MiddlewareConsumer,
  Module,
  Post,
  Res,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { Request, Response } from 'express'
import { sluice } from '../../../../src/nestjs.js'
import { type HttpApplication, NoteError, type Notes, type SharedOptions } from '../../../contract/http.js'
import { served } from './served.js'

export const nestApplication: HttpApplication = {
  framework: 'nestjs',
  answers: 'at-once',
  finishes: 1,
  async serve(notes, options) {
    const app: INestApplication = await NestFactory.create(moduleOf(notes, options), { logger: false })
    await app.listen(0)
    const { url } = await served(app.getHttpServer())
    return { url, close: () => app.close() }
  },
}

function moduleOf(notes: Notes, { tokens }: SharedOptions): new () => object {
  class NotesModule {
    configure(consumer: MiddlewareConsumer): void {
      const skip = (request: Request) => request.originalUrl.startsWith('/assets/')
      const finish = (_request: Request, response: Response, next: () => void) => {
        response.on('finish', () => notes.finishedIn.push(notes.session()))
        next()
      }
      consumer.apply(sluice({ tokens, skip }), finish).forRoutes('{*path}')
    }
  }
  Module({ controllers: [controllerOf(notes)] })(NotesModule)
  return NotesModule
}

function controllerOf(notes: Notes): new () => object {
  class NotesController {
    list() {
      return notes.list()
    }

    plain() {
      return 'plain'
    }

    async add(body: string, response: Response) {
      await notes.add(body)
      response.cookie('theme', 'dark').cookie('lang', 'en').redirect(303, '/notes')
    }

    async failure(body: string) {
      await notes.add(body)
      throw new NoteError('after the write')
    }

    async stream(body: string, response: Response) {
      await notes.add(body)
      Readable.from(notes.lines()).pipe(response)
    }

    sessions(body: string) {
      return notes.sessions(body)
    }

    logo() {
      return String(notes.session())
    }
  }
  Controller()(NotesController)
  const routes = { list: Get('notes'), plain: Get('plain'), logo: Get('assets/logo') }
  const posts = { add: Post('notes'), failure: Post('failure'), stream: Post('stream'), sessions: Post('sessions') }
  const { prototype } = NotesController
  for (const [name, route] of Object.entries({ ...routes, ...posts })) {
    route(prototype, name, Object.getOwnPropertyDescriptor(prototype, name) ?? {})
  }
  for (const name of Object.keys(posts)) Body('body')(prototype, name, 0)
  for (const name of ['add', 'stream']) Res()(prototype, name, 1)
  return NotesController
}
