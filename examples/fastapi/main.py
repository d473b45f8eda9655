# An API for users of Latchkey, with FastAPI. While Latchkey runs, from the root of the repository:
#
#   pip install fastapi uvicorn 'pyjwt[crypto]'
#   ISSUER=http://127.0.0.1:8000 JWT_SECRET=$(cat data/jwt-secret) uvicorn --app-dir examples/fastapi --port 3000 main:app

from fastapi import Depends, FastAPI

from latchkey import current_user

app = FastAPI()


@app.get("/hello")
def hello(user: dict = Depends(current_user)):
    return {"hello": user["name"]}
