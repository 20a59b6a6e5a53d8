-- One row per party in `later_permissions`: what it permits now, null for a channel of which nothing was said.
create table later_channels as
select
    party_id,
    bool_and(is_given) filter (where channel = 'email') as email,
    bool_and(is_given) filter (where channel = 'sms') as sms,
    bool_and(is_given) filter (where channel = 'phone') as phone,
    bool_and(is_given) filter (where channel = 'post') as post
from later_permissions
group by party_id
