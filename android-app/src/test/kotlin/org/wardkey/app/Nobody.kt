package org.wardkey.app

import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.Socket

/** Hands [work] a port of this machine on which nobody listens, and which the system gives to nobody meanwhile. */
internal inline fun withNobodyAt(work: (Int) -> Unit) = Socket().use {
    it.bind(InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
    work(it.localPort)
}
