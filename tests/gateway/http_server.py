"""An MCP server of the SDK over Streamable HTTP on loopback; prints its port when it is ready."""

from __future__ import annotations

import os
import socket

import uvicorn
from mcp.server.mcpserver import Context, MCPServer

server = MCPServer("over http", log_level="CRITICAL")


@server.tool()
def echo(text: str) -> str:
    """Answer the text."""
    return text


@server.tool()
def whoami(ctx: Context) -> str:
    """Answer the authorization header of the request."""
    request = ctx.request_context.request
    return str(request.headers.get("authorization")) if request is not None else "nobody"


@server.tool()
def crash() -> str:
    """End the process."""
    os._exit(3)


def main() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", int(os.environ.get("PORT", "0"))))
        listener.listen()
        print(listener.getsockname()[1], flush=True)
        config = uvicorn.Config(server.streamable_http_app(), log_level="critical")
        uvicorn.Server(config).run(sockets=[listener])


main()
