# Reads the ZMQ messages of two publishers side by side, and writes each as a line: which of them, the topic,
# the body and the counter. Arguments: the address of each.
import binascii
import sys

import zmq

context = zmq.Context()
poller = zmq.Poller()
sockets = {}
for name, address in enumerate(sys.argv[1:]):
    socket = context.socket(zmq.SUB)
    socket.setsockopt(zmq.RCVHWM, 0)
    socket.setsockopt(zmq.SUBSCRIBE, b"")
    monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
    socket.connect(address)
    monitor.recv_multipart()
    socket.disable_monitor()
    poller.register(socket, zmq.POLLIN)
    sockets[socket] = name
print("working", flush=True)
while True:
    for socket, _ in poller.poll():
        topic, body, counter = socket.recv_multipart()
        count = int.from_bytes(counter, "little")
        print(sockets[socket], topic.decode(), binascii.hexlify(body).decode(), count, flush=True)
