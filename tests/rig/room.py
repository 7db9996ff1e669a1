"""Calls the server's room API: `room.py create|delete|list|participants|remove …`.

LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET say where and who; results are one JSON line.
`room.py expired_token ROOM` calls nobody: it prints a token that ended an hour ago.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import sys

from google.protobuf.json_format import MessageToDict
from livekit import api


def expired_token(room: str) -> str:
    token = api.AccessToken().with_identity("late").with_ttl(datetime.timedelta(hours=-1))
    return token.with_grants(api.VideoGrants(room_join=True, room=room)).to_jwt()


async def main(what: str, *args: str) -> None:
    async with api.LiveKitAPI() as server:
        rooms = server.room
        match what:
            case "create":
                options = json.loads(args[1]) if len(args) > 1 else {}
                answer = await rooms.create_room(api.CreateRoomRequest(name=args[0], **options))
            case "delete":
                answer = await rooms.delete_room(api.DeleteRoomRequest(room=args[0]))
            case "list":
                answer = await rooms.list_rooms(api.ListRoomsRequest(names=list(args)))
            case "participants":
                answer = await rooms.list_participants(api.ListParticipantsRequest(room=args[0]))
            case "remove":
                answer = await rooms.remove_participant(api.RoomParticipantIdentity(room=args[0], identity=args[1]))
            case other:
                raise SystemExit(f"unknown command {other}")
        print(json.dumps(MessageToDict(answer, preserving_proto_field_name=True)))


if __name__ == "__main__":
    if sys.argv[1] == "expired_token":
        print(expired_token(sys.argv[2]))
    else:
        asyncio.run(main(*sys.argv[1:]))
