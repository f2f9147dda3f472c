"""The engine's state: connections, what is owed to them, every attempt, and what was missed."""

from deliveries.models.attempt import DeliveryAttempt
from deliveries.models.connection import CloseReason, Connection
from deliveries.models.delivery import COUNTED, Delivery, Status
from deliveries.models.gap import Gap
from deliveries.models.heartbeat import Heartbeat
from deliveries.models.tally import Tally

__all__ = ["COUNTED", "CloseReason", "Connection", "Delivery", "DeliveryAttempt", "Gap", "Heartbeat", "Status", "Tally"]
