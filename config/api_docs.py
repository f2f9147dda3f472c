"""The API's documentation page: Swagger from our own server, under the site's content security policy."""

from csp.decorators import csp_update
from drf_spectacular.views import SpectacularSwaggerSplitView

#: Swagger's style sheet has its icons as data: images. Scripts and styles need no exception.
api_docs = csp_update({"img-src": ["data:"]})(
    SpectacularSwaggerSplitView.as_view(template_name="pages/account/api_docs.html")
)
