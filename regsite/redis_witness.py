"""What Redis remembers of the work that was taken up, for `registrations.services.testimony`."""

from functools import cache

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

_RAISE = """
local held = tonumber(redis.call('GET', KEYS[1]) or '0')
local told = tonumber(ARGV[1])
if told > held then
  redis.call('SET', KEYS[1], ARGV[1])
  return told
end
return held
"""


def exchange(installation: str, ticks: int) -> int:
    """Tell Redis a count, which it keeps if it is the highest; returns the highest. Raises redis.RedisError.

    Takes at most two seconds to connect and two to answer.
    """
    return int(_client().eval(_RAISE, 1, f"regsite:witness:{installation}", ticks))


@cache
def _client() -> Redis:
    return Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0), health_check_interval=30
    )
