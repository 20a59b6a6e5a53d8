-- One row per person record of match_input, in temp table name_words: its raw names, and the words
-- that they are in their own role and in the other one.
create or replace temp table name_words as
with halves as (
    select
        i.seq,
        coalesce(i.given_name, case when i.family_name is null then f.given_part end) as given_raw,
        coalesce(i.family_name, case when i.given_name is null then f.family_part end) as family_raw,
        case when i.given_name is null and i.family_name is null then f.single end as single
    from match_input as i
    left join link.std_full as f on f.raw = i.full_name
)

select
    h.*,
    coalesce(g.given_root, h.given_raw) as given_word,
    coalesce(fg.given_root, h.family_raw) as family_as_given,
    coalesce(f.family, h.family_raw) as family_word,
    coalesce(gf.family, h.given_raw) as given_as_family
from halves as h
left join link.std_given as g on g.raw = coalesce(h.given_raw, h.single)
left join link.std_given as fg on fg.raw = coalesce(h.family_raw, h.single)
left join link.std_family as f on f.raw = coalesce(h.family_raw, h.single)
left join link.std_family as gf on gf.raw = coalesce(h.given_raw, h.single);
