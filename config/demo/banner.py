"""What a demo prints when it serves."""

from config.demo.access import Access
from config.demo.folder import DemoFolder
from config.demo.stack import Sockets


def text(sockets: Sockets, access: Access, folder: DemoFolder) -> str:
    web, receiver = sockets.web_url, sockets.receiver_url
    owner, support = access["users"]["owner"], access["users"]["support"]
    return f"""
HAPP Chat Webhook is running.
  The tile        {web}/integrations/   login: {owner["username"]}   password: {owner["password"]}
  Your receiver   {receiver}/        paste {receiver}/happ   password: demo
  Admin           {web}/admin/        login: {support["username"]}   password: {support["password"]}
  API docs        {web}/api/docs/
  The tile's API  {web}/api/v1/workspaces/{access["workspace_id"]}/chat-webhook
  Tokens, logins  {folder.access_file}
  Logs            {folder.logs}
Try: sign in, press Connect, paste {receiver}/happ and the password demo,
then press "Answer 500" on the receiver page and watch the tile.   Ctrl-C stops.
Спробуйте: увійдіть, натисніть «Підключити», вставте {receiver}/happ і пароль demo,
потім натисніть «Відповідати 500» на сторінці приймача й дивіться на плитку.   Ctrl-C зупиняє.
"""
