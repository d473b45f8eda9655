// An API for users of Latchkey, with Express. While Latchkey runs, from the root of the repository:
//
//   npm install --prefix examples
//   ISSUER=http://127.0.0.1:8000 JWT_SECRET=$(cat data/jwt-secret) node examples/express/server.js

import express from 'express';
import { requireUser } from './latchkey.mjs';

const app = express();
app.get('/hello', requireUser, (request, response) => response.json({ hello: request.user.name }));
app.listen(process.env.PORT ?? 3000, '127.0.0.1');
