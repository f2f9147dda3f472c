"""What a demo prints when it serves."""

from config.demo.access import Access
from config.demo.folder import DemoFolder
from config.demo.stack import Sockets


def text(sockets: Sockets, access: Access, folder: DemoFolder) -> str:
    web, receiver, support = sockets.web_url, sockets.receiver_url, access["users"]["support"]
    return f"""
HAPP Chat Webhook is running.
  Admin           {web}/admin/        login: {support["username"]}   password: {support["password"]}
  Your receiver   {receiver}/        paste {receiver}/happ   password: demo
  API docs        {web}/api/docs/
  The tile's API  {web}/api/v1/workspaces/{access["workspace_id"]}/chat-webhook
  Tokens          {folder.access_file}
  Logs            {folder.logs}
Try: connect a workspace in the admin, then press "Answer 500" on the receiver page and watch it.   Ctrl-C stops.
"""
