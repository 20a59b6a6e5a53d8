-- One row per mailbox of a person record that lacks a name, in temp table nameless_boxes.
create or replace temp table nameless_boxes as
select i.seq, unnest(i.emails) as raw
from match_input as i
left join named as n on n.seq = i.seq
where n.given is null or n.family is null;
