"""The admin's pills for templates."""

from django import template

from integrations.admin.pills import pill

register = template.Library()
register.filter("pill", pill)
