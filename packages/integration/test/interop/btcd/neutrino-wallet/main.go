// A light client's wallet on neutrino (BIP157, BIP158), for our interop tests: on regtest it follows one node,
// and prints a line of JSON for each block that pays or spends from one of its addresses.
//
//	neutrino-wallet HOST:PORT FOLDER ADDRESS...
//
// {"block":HEIGHT,"hash":"…","txids":["…"]}  a block that its filter has found, and what of it concerns us
// {"left":HEIGHT,"hash":"…"}                 a block is no longer of the best chain
// {"tip":HEIGHT,"hash":"…"}                  the best block has changed
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/btcsuite/btcd/btcutil"
	"github.com/btcsuite/btcd/chaincfg"
	"github.com/btcsuite/btcd/rpcclient"
	"github.com/btcsuite/btcd/wire"
	"github.com/btcsuite/btclog"
	"github.com/btcsuite/btcwallet/walletdb"
	_ "github.com/btcsuite/btcwallet/walletdb/bdb"
	"github.com/lightninglabs/neutrino"
	"github.com/lightninglabs/neutrino/headerfs"
)

const (
	databaseTimeout = 10 * time.Second
	lookInterval    = 50 * time.Millisecond
)

type line struct {
	Block int32    `json:"block,omitempty"`
	Left  int32    `json:"left,omitempty"`
	Tip   int32    `json:"tip,omitempty"`
	Hash  string   `json:"hash"`
	Txids []string `json:"txids,omitempty"`
}

func main() {
	if len(os.Args) < 4 {
		fail(fmt.Errorf("usage: neutrino-wallet HOST:PORT FOLDER ADDRESS..."))
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fail(err)
	}
}

func run(connect, folder string, texts []string) error {
	logger := btclog.NewBackend(os.Stderr).Logger("NTRN")
	logger.SetLevel(btclog.LevelDebug)
	neutrino.UseLogger(logger)
	params := chaincfg.RegressionNetParams
	var addresses []btcutil.Address
	for _, text := range texts {
		address, err := btcutil.DecodeAddress(text, &params)
		if err != nil {
			return err
		}
		addresses = append(addresses, address)
	}
	db, err := walletdb.Create("bdb", filepath.Join(folder, "neutrino.db"), true, databaseTimeout)
	if err != nil {
		return err
	}
	defer db.Close()
	service, err := neutrino.NewChainService(neutrino.Config{
		DataDir:      folder,
		Database:     db,
		ChainParams:  params,
		ConnectPeers: []string{connect},
	})
	if err != nil {
		return err
	}
	if err := service.Start(); err != nil {
		return err
	}
	defer service.Stop()

	lines := make(chan line)
	quit := make(chan struct{})
	rescan := neutrino.NewRescan(
		&neutrino.RescanChainSource{ChainService: service},
		neutrino.StartBlock(&headerfs.BlockStamp{Height: 0, Hash: *params.GenesisHash}),
		neutrino.WatchAddrs(addresses...),
		neutrino.QuitChan(quit),
		neutrino.NotificationHandlers(rpcclient.NotificationHandlers{
			OnFilteredBlockConnected: func(height int32, header *wire.BlockHeader, found []*btcutil.Tx) {
				if len(found) == 0 {
					return
				}
				told := line{Block: height, Hash: header.BlockHash().String()}
				for _, tx := range found {
					told.Txids = append(told.Txids, tx.Hash().String())
				}
				lines <- told
			},
			OnFilteredBlockDisconnected: func(height int32, header *wire.BlockHeader) {
				lines <- line{Left: height, Hash: header.BlockHash().String()}
			},
		}),
	)
	errors := rescan.Start()
	output := json.NewEncoder(os.Stdout)
	look := time.NewTicker(lookInterval)
	var last string
	for {
		select {
		case told := <-lines:
			if err := output.Encode(told); err != nil {
				return err
			}
		case err := <-errors:
			return fmt.Errorf("the rescan has ended: %w", err)
		case <-look.C:
			best, err := service.BestBlock()
			if err != nil || best.Hash.String() == last {
				continue
			}
			last = best.Hash.String()
			if err := output.Encode(line{Tip: best.Height, Hash: last}); err != nil {
				return err
			}
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
