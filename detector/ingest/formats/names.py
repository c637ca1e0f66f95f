"""The names that people give to the fields of a comment, in English, French, Spanish, German and Chinese.

A name is compared without case, accents, spaces and punctuation: ``createdAt``, ``created_at`` and ``Created at`` are
one. What belongs to the author may also lie in an object of its own (``user.name``), or behind its name
(``author_name``).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from detector.ingest.decode import FIELDS


def _split(words: str) -> tuple[str, ...]:
    return tuple(words.split())


AUTHORS = frozenset(
    _split(
        "author user owner from account profile sender commenter poster postedby fromuser creator member userinfo "
        "by auteur utilisateur expediteur autor usuario remitente verfasser benutzer absender "
        "作者 用户 用戶 留言者 評論者 评论者 評論人 评论人 发布者 發布者 發文者 发帖人"
    )
)
"""What holds an author: an object, or a name alone."""

_OF_AUTHOR = {
    "author_id": "id idstr uid pk did userid accountid channelid",
    "author_handle": "username handle screenname login uniqueid acct",
    "author_name": "name displayname fullname nickname realname firstname",
    "author_created_at": "createdat created creationdate createddate joined joinedat joindate registered registeredat "
    "registrationdate",
    "author_followers": "followers followerscount followercount numfollowers fans fanscount",
    "author_following": "following followingcount friendscount follows followscount followcount",
    "author_posts": "statusescount postscount postcount tweetcount tweetscount numposts",
    "author_verified": "verified isverified",
}
"""Names of what is said of an author where it is plain that an author is spoken of."""

_WORDS = {
    "id": "id idstr commentid tweetid messageid cid pk uri uuid identifiant idcommentaire commentaireid "
    "idcomentario comentarioid kommentarid 评论id 評論id 留言id 回复id",
    "platform": "platform sourceplatform network plateforme plataforma plattform 平台 site",
    "text": "text fulltext tweettext commenttext commentbody commentcontent commentmessage rawmessage "
    "tweet comment body message content messagetext texte commentaire textecommentaire contenu texto "
    "comentario textocomentario mensaje contenido kommentar kommentartext nachricht inhalt 评论内容 评论 "
    "評論內容 評論 留言內容 留言内容 留言 内容 內容 正文 rendered plain",
    "created_at": "createdat commentdategmt createdutc created createdtime creationtime datecreated "
    "createddate createtime commentedat commentdate commenttime commentedon postedat postedon dateposted "
    "publishedat publishdate publishtime datepublished published timestamp unixtimestamp datetime date time "
    "timeposted datepublication datedepublication publiele postele datecommentaire datecreation creele horodatage "
    "dateheure heure fecha fechahora fechapublicacion fechadepublicacion fechacomentario fechacreacion hora "
    "datum datumuhrzeit erstelltam erstellt veroffentlichtam zeitstempel zeit uhrzeit 评论时间 發布時間 "
    "发布时间 發表時間 发表时间 留言時間 留言时间 評論時間 时间 時間 日期",
    "author_id": "userid profileid fbuserid authorchannelid idutilisateur idauteur idusuario idautor "
    "autorid benutzerid verfasserid 用户id 用戶id",
    "author_handle": "username screenname handle login pseudo pseudonyme nomdutilisateur nomutilisateur "
    "nombredeusuario nombreusuario benutzername nutzername 用户名 用戶名 帳號 账号",
    "author_name": "displayname fullname nickname realname userfullname nomcomplet nomdelauteur "
    "nombrecompleto anzeigename 昵称 暱稱 用户昵称 用戶暱稱 网名",
    "author_created_at": "accountcreated accountcreatedat accountcreationdate accountcreatedon",
    "author_followers": "followers followerscount followercount abonnes nombredabonnes seguidores 粉丝数 粉絲數",
    "author_following": "following followingcount friendscount abonnements seguidos 关注数",
    "author_posts": "statusescount postscount tweetcount",
    "author_verified": "verified isverified verifie verificado verifiziert",
    "target": "inreplytoscreenname inreplytousername inreplytouser replytouser replytousername "
    "repliedtouser page pagename cible destinataire",
    "target_group": "targetgroup",
    "parent_id": "parentid parent parentcommentid commentparent parentcid inreplytoid inreplytostatusid "
    "inreplyto replytoid replytocommentid replytocid replyto replyid idparent commentaireparent "
    "comentariopadre enreponsea respuestaa antwortauf 父评论id 父評論id",
    "conversation_id": "conversationid threadid thread linkid videoid articleid postid noteid topicid "
    "mediaid submissionid chatid chat commentpostid post video article posturl postlink videourl videolink articleurl "
    "threadurl pageurl urlpublication urldelapublication lienpublication enlacepublicacion beitragsurl "
    "beitragurl beitragslink 帖子链接 貼文連結 视频链接 文章链接",
    "repost_of": "retweetedstatusid retweetid repostid retweettweetid",
    "url": "commenturl commentlink permalink permalinkurl tweeturl messageurl url link lienducommentaire "
    "urlducommentaire liencommentaire lien enlacecomentario urlcomentario enlace kommentarlink kommentarurl "
    "评论链接 留言連結 链接 連結",
    "lang": "language lang langue idioma sprache tweetlanguage commentlanguage languagecode 语言 語言",
    "like_count": "likes likecount likescount like numlikes nblikes nombredelikes nombredejaime jaime "
    "megusta anzahllikes gefalltmir upvotes upvotecount votes favoritecount favouritecount favorites "
    "diggcount score points 点赞数 按讚數 讚 赞",
    "collected_at": "collectedat scrapedat retrievedat capturedat crawledat fetchedat scrapetime "
    "scrapedate datedecollecte 采集时间 抓取时间",
}
"""The more telling first."""

_WEAK = {
    "text": "posttext postcontent postmessage caption",
    "created_at": "postdate posttime",
    "author_name": "name nom nombre",
}
"""Names that may as well speak of something else: only where there is no better."""

LISTS = _split("data items comments messages results posts records tweets statuses rows entries response hits nodes")
REPLIES = _split("replies comments children subcomments answers reponses respuestas antworten")
FLAGS = {"repost": "isretweet isrepost", "trouble": "code status statuscode errorcode"}

DAY_FIRST = re.compile(
    "abonn|auteur|commentaire|pseudo|texte|fecha|autor|usuario|texto|datum|kommentar|verfasser|nutzer"
)
"""What is in the names of a table whose dates begin with the day."""

_IN_BRACKETS = re.compile(r"\s*[(（\[].*?[)）\]]\s*")
_OF_COMMENT = ("comment", "评论", "評論", "留言")
_HOLDERS = frozenset(_split("data comment node item tweet message source attributes"))


@lru_cache(maxsize=4_096)
def fold(name: str) -> str:
    """Return a name as names are compared.

    Examples
    --------
    >>> fold("Créé le"), fold("author_ID (numeric)"), fold("评论内容")
    ('creele', 'authorid', '评论内容')
    """
    plain = unicodedata.normalize("NFKD", (_IN_BRACKETS.sub(" ", name).strip() or name).casefold())
    return "".join(character for character in plain if character.isalnum())


def _meanings() -> dict[str, tuple[int, str]]:
    """Return for each folded name the field that it gives, and its rank there."""
    found: dict[str, tuple[int, str]] = {fold(name): (0, name) for name in FIELDS}
    for name, words in _WORDS.items():
        for rank, word in enumerate(words.split(), 1):
            found.setdefault(fold(word), (rank, name))
    for name, words in _OF_AUTHOR.items():
        for rank, word in enumerate(words.split(), 50):
            for author in sorted(AUTHORS):
                found.setdefault(fold(author + word), (rank, name))
    return found


_MEANINGS = _meanings()
_WEAK_MEANINGS = {fold(word): name for name, words in _WEAK.items() for word in words.split()}
_AUTHOR_MEANINGS = {
    word: (rank, name) for name, words in _OF_AUTHOR.items() for rank, word in enumerate(words.split(), 40)
}
_FLAGS = {word: name for name, words in FLAGS.items() for word in words.split()}


@dataclass(frozen=True)
class Plan:
    """Where the fields of records with certain keys are.

    `keys` has for each canonical field the keys that may hold it, best first; `authors` are keys of authors, `lists` of
    lists of records and `replies` of replies. Keys are canonical where they are the names of fields as they stand, and
    misspelt where they are so but for case, spaces and the like.
    """

    keys: Mapping[str, tuple[str, ...]]
    authors: tuple[str, ...]
    lists: tuple[str, ...]
    replies: tuple[str, ...]
    is_day_first: bool
    is_canonical: bool
    is_misspelt: bool
    flags: Mapping[str, tuple[str, ...]]


@lru_cache(maxsize=4_096)
def plan_of(keys: tuple[str, ...]) -> Plan:
    """Find the fields among the keys of a record."""
    folded = {key: fold(key) for key in keys}
    found: dict[str, list[tuple[int, str]]] = {}
    for key, word in folded.items():
        if meaning := _meaning(key, word):
            found.setdefault(meaning[1], []).append((meaning[0], key))
    # Beside the author of an article, that of the comment is the one who speaks.
    authors = tuple(key for key, word in folded.items() if _of_comment(word) in AUTHORS and word not in AUTHORS)
    authors += tuple(key for key, word in folded.items() if word in AUTHORS)
    for key, word in folded.items():
        name = _WEAK_MEANINGS.get(word)
        if name and name not in found and not (name == "author_name" and authors):
            found[name] = [(99, key)]
    lists = tuple(key for wanted in LISTS for key, word in folded.items() if word == wanted)
    replies = tuple(key for wanted in REPLIES for key, word in folded.items() if word == wanted)
    spoken_of = [key for places in found.values() for _, key in places]
    others = (*authors, *lists, *replies)
    return Plan(
        keys={name: tuple(key for _, key in sorted(places)) for name, places in found.items()},
        authors=authors,
        lists=lists,
        replies=replies,
        is_day_first=any(DAY_FIRST.search(word) for word in folded.values()),
        is_canonical="text" in keys and set(FIELDS).issuperset((*spoken_of, *others)),
        is_misspelt=not others and all(rank == 0 for places in found.values() for rank, _ in places),
        flags={name: tuple(key for key, word in folded.items() if _FLAGS.get(word) == name) for name in FLAGS},
    )


def _meaning(key: str, word: str) -> tuple[int, str] | None:
    """Return the rank and the field of a name; of ``user.name`` as of a `name` in a `user`."""
    *before, last = re.split(r"[./]", key) if "." in key or "/" in key else [key]
    if any(fold(part) in AUTHORS for part in before):
        return _AUTHOR_MEANINGS.get(fold(last))
    if before and all(fold(part) in _HOLDERS for part in before):
        return _MEANINGS.get(fold(last))
    known = _MEANINGS.get(word) or _MEANINGS.get(_of_comment(word))
    # What is said to be the comment's own comes first.
    return (known[0] - 100, known[1]) if known and known[0] and _of_comment(word) else known


def _of_comment(word: str) -> str:
    """Return a name without the word that says that it is the comment's; an empty one where there is no such word."""
    return next((word.removeprefix(start) for start in _OF_COMMENT if word.startswith(start)), "")


def author_meaning(key: str) -> tuple[int, str] | None:
    """Return the rank and the field of a name within an object that is an author."""
    return _AUTHOR_MEANINGS.get(fold(key))
